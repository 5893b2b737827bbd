// Package drive stops a cache that it has not started.
package drive

import (
	"fmt"
	"time"

	"github.com/jellydator/ttlcache/v3"
)

func Run() {
	for range 5 {
		cache := ttlcache.New[string, int]()
		cache.Set("a", 1, time.Hour)
		fmt.Println(cache.Len())
		go cache.Stop()
	}
	time.Sleep(20 * time.Millisecond)
}
