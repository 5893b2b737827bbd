// Package drive makes a cache for each of its users.
package drive

import (
	"fmt"
	"time"

	"github.com/allegro/bigcache"
)

func Run() {
	for range 5 {
		config := bigcache.DefaultConfig(time.Minute)
		config.Shards, config.CleanWindow = 2, time.Minute
		cache, err := bigcache.NewBigCache(config)
		if err != nil {
			panic(err)
		}
		cache.Set("a", []byte("b"))
		fmt.Println(cache.Len())
	}
}
