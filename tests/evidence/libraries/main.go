// Command libraries uses releases of public libraries that leak goroutines, the way their users did,
// and writes its profiles before, during and after.
//
//	libraries NAME FOLDER
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/allegro/bigcache"
	"github.com/asaskevich/EventBus"
	"github.com/cenkalti/backoff/v4"
	"github.com/cskr/pubsub"
	mapset "github.com/deckarep/golang-set"
	"github.com/eapache/channels"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/jellydator/ttlcache/v2"
	cmap "github.com/orcaman/concurrent-map"
	"github.com/panjf2000/ants/v2"
	"github.com/peterbourgon/diskv"
	"github.com/robfig/cron/v3"
	"gopkg.in/natefinch/lumberjack.v2"
)

const rounds = 3
const times = 20

var cases = map[string]func(){
	"lumberjack": func() {
		// Close does not stop the goroutine that removes old files.
		logger := &lumberjack.Logger{Filename: filepath.Join(os.TempDir(), "lumberjack.log")}
		logger.Write([]byte("line\n"))
		logger.Close()
	},
	"bigcache": func() {
		// The cleaning loop ranges over a ticker and knows no end.
		cache, _ := bigcache.NewBigCache(bigcache.Config{Shards: 2, LifeWindow: time.Minute, CleanWindow: time.Minute, MaxEntriesInWindow: 10, MaxEntrySize: 10})
		cache.Set("a", []byte("b"))
	},
	"expirable": func() {
		// The Close that would end the cleaning loop is commented out.
		cache := expirable.NewLRU[string, int](10, nil, time.Minute)
		cache.Add("a", 1)
	},
	"concurrent-map": func() {
		m := cmap.New()
		for i := range 100 {
			m.Set(fmt.Sprint("key", i), i)
		}
		for range m.Iter() {
			break
		}
	},
	"golang-set": func() {
		for range mapset.NewSetFromSlice([]any{1, 2, 3}).Iter() {
			break
		}
	},
	"ants": func() {
		pool, _ := ants.NewPool(4)
		done := make(chan bool)
		pool.Submit(func() { close(done) })
		<-done
	},
	"diskv": func() {
		dir, _ := os.MkdirTemp(scratch, "diskv")
		d := diskv.New(diskv.Options{BasePath: dir})
		d.Write("a", []byte("1"))
		d.Write("b", []byte("2"))
		for range d.Keys(nil) {
			break
		}
	},
	"backoff": func() {
		for range backoff.NewTicker(backoff.NewConstantBackOff(time.Hour)).C {
			break
		}
	},
	"channels": func() {
		channel := channels.NewInfiniteChannel()
		channel.In() <- 1
		<-channel.Out()
	},
	"ttlcache": func() {
		cache := ttlcache.NewCache()
		cache.SetWithTTL("a", 1, time.Hour)
	},
	"cron": func() {
		schedule := cron.New()
		schedule.AddFunc("@hourly", func() {})
		schedule.Start()
	},
	"pubsub": func() {
		ps := pubsub.New(0)
		ps.Sub("topic")
		go ps.Pub("message", "topic")
	},
	"eventbus": func() {
		// Publish holds its lock while it calls the handlers.
		bus := EventBus.New()
		bus.Subscribe("start", func() { bus.Subscribe("again", func() {}) })
		go bus.Publish("start")
	},
}

// scratch is a folder for files that are needed as long as the program runs.
var scratch string

func main() {
	write := func(profile, name string) {
		f, err := os.Create(filepath.Join(os.Args[2], name))
		if err != nil {
			panic(err)
		}
		pprof.Lookup(profile).WriteTo(f, 0)
		f.Close()
	}
	scratch, _ = os.MkdirTemp("", "libraries")
	defer os.RemoveAll(scratch)
	settle()
	write("goroutine", "0.pb.gz")
	for round := range rounds {
		for range times {
			cases[os.Args[1]]()
		}
		settle()
		write("goroutine", fmt.Sprintf("%d.pb.gz", round+1))
	}
	write("goroutineleak", "leak.pb.gz")
}

// settle waits until the number of goroutines stays the same for a while.
func settle() {
	for same, last := 0, 0; same < 20; same++ {
		time.Sleep(5 * time.Millisecond)
		if n := runtime.NumGoroutine(); n != last {
			same, last = 0, n
		}
	}
}
