package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
	"github.com/armon/go-socks5"
	"github.com/cockroachdb/pebble"
	"github.com/gin-gonic/gin"
	"github.com/go-co-op/gocron/v2"
	"github.com/redis/go-redis/v9"
	"github.com/tidwall/redcon"
	"github.com/xtaci/kcp-go/v5"
	"golang.org/x/net/proxy"
)

// webServer serves a handler for as long as the program runs.
func webServer(address string, handler http.HandlerFunc) {
	log.Fatal(http.ListenAndServe(address, handler))
}

// visit asks a server for one page and reads it all.
func visit(browser *http.Client, url string) {
	if response, err := browser.Get(url); err == nil {
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
}

func loadWeb(address string, client int) {
	browser := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}, Timeout: 3 * time.Second}
	for turn := 0; ; turn++ {
		visit(browser, fmt.Sprintf("http://%s/%d", address, (client*31+turn)%200))
		time.Sleep(50 * time.Millisecond)
	}
}

func servePebble(address string) {
	folder, _ := os.MkdirTemp("", "pebble")
	db, err := pebble.Open(folder, &pebble.Options{MemTableSize: 1 << 18, L0CompactionThreshold: 2})
	must(err)
	webServer(address, func(w http.ResponseWriter, r *http.Request) {
		key := []byte(r.URL.Path)
		must(db.Set(key, binary.BigEndian.AppendUint64(make([]byte, 4000), uint64(time.Now().UnixNano())), pebble.Sync))
		if value, closer, err := db.Get(key); err == nil {
			w.Write(value)
			closer.Close()
		}
		all, err := db.NewIter(nil)
		must(err)
		for all.First(); all.Valid(); all.Next() {
		}
		must(all.Close())
	})
}

func serveWatermill(address string) {
	logger := watermill.NopLogger{}
	bus := gochannel.NewGoChannel(gochannel.Config{OutputChannelBuffer: 16, BlockPublishUntilSubscriberAck: true}, logger)
	router, err := message.NewRouter(message.RouterConfig{}, logger)
	must(err)
	for number := range 8 {
		router.AddHandler(fmt.Sprint("copy", number), "in", bus, "out", bus, func(m *message.Message) ([]*message.Message, error) {
			time.Sleep(time.Millisecond)
			return message.Messages{message.NewMessage(watermill.NewUUID(), m.Payload)}, nil
		})
	}
	router.AddNoPublisherHandler("drop", "out", bus, func(*message.Message) error { return nil })
	go func() { must(router.Run(context.Background())) }()
	webServer(address, func(w http.ResponseWriter, r *http.Request) {
		must(bus.Publish("in", message.NewMessage(watermill.NewUUID(), []byte(r.URL.Path))))
	})
}

func serveGocron(address string) {
	scheduler, err := gocron.NewScheduler()
	must(err)
	var runs atomic.Int64
	work := func() { runs.Add(1); time.Sleep(30 * time.Millisecond) }
	for number := range 5 {
		_, err := scheduler.NewJob(gocron.DurationJob(time.Duration(100+number)*time.Millisecond), gocron.NewTask(work))
		must(err)
	}
	scheduler.Start()
	webServer(address, func(w http.ResponseWriter, r *http.Request) {
		once, err := scheduler.NewJob(gocron.OneTimeJob(gocron.OneTimeJobStartImmediately()), gocron.NewTask(work))
		if err == nil {
			fmt.Fprintln(w, once.ID(), runs.Load())
		}
	})
}

func serveGin(address string) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(gin.Recovery())
	engine.GET("/events/:n", func(c *gin.Context) {
		events := make(chan int, 4)
		go func() {
			defer close(events)
			for n := range 5 {
				select {
				case events <- n:
					time.Sleep(50 * time.Millisecond)
				case <-c.Request.Context().Done():
					return
				}
			}
		}()
		c.Stream(func(io.Writer) bool {
			n, more := <-events
			if more {
				c.SSEvent("message", n)
			}
			return more
		})
	})
	must(engine.Run(address))
}

func loadGin(address string, client int) {
	browser := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}, Timeout: 3 * time.Second}
	for {
		visit(browser, fmt.Sprintf("http://%s/events/%d", address, client))
	}
}

func serveRedcon(address string) {
	var topics redcon.PubSub
	must(redcon.ListenAndServe(address, func(conn redcon.Conn, command redcon.Command) {
		switch string(command.Args[0]) {
		case "SUBSCRIBE", "subscribe":
			topics.Subscribe(conn, string(command.Args[1]))
		case "PUBLISH", "publish":
			conn.WriteInt(topics.Publish(string(command.Args[1]), string(command.Args[2])))
		case "GET", "get":
			time.Sleep(time.Millisecond)
			conn.WriteBulk(command.Args[1])
		default:
			conn.WriteString("OK")
		}
	}, func(redcon.Conn) bool { return true }, nil))
}

func loadRedcon(address string, client int) {
	db := redis.NewClient(&redis.Options{Addr: address, Protocol: 2, DisableIdentity: true})
	ctx := context.Background()
	go func() {
		for range db.Subscribe(ctx, fmt.Sprint("talk", client%7)).Channel() {
		}
	}()
	for turn := 0; ; turn++ {
		db.Get(ctx, fmt.Sprint("key", turn%50))
		db.Publish(ctx, fmt.Sprint("talk", turn%7), "hello")
		time.Sleep(5 * time.Millisecond)
	}
}

func serveSocks(address string) {
	server, err := socks5.New(&socks5.Config{Logger: log.New(io.Discard, "", 0)})
	must(err)
	must(server.ListenAndServe("tcp", address))
}

func loadSocks(address string, client int) {
	back, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go http.Serve(back, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		w.Write(make([]byte, 20_000))
	}))
	for turn := 0; ; turn++ {
		dialer, err := proxy.SOCKS5("tcp", address, nil, proxy.Direct)
		must(err)
		transport := &http.Transport{Dial: dialer.Dial}
		for range 10 {
			visit(&http.Client{Transport: transport, Timeout: 3 * time.Second}, "http://"+back.Addr().String())
		}
		transport.CloseIdleConnections()
	}
}

func serveKCP(address string) {
	// The caller asks over TCP whether the service is there.
	go webServer(address, http.NotFound)
	listener, err := kcp.ListenWithOptions(address, nil, 10, 3)
	must(err)
	for {
		session, err := listener.AcceptKCP()
		must(err)
		go func() {
			defer session.Close()
			buffer := make([]byte, 4096)
			for {
				session.SetReadDeadline(time.Now().Add(5 * time.Second))
				n, err := session.Read(buffer)
				if err != nil {
					return
				}
				session.Write(buffer[:n])
			}
		}()
	}
}

func loadKCP(address string, client int) {
	for {
		session, err := kcp.DialWithOptions(address, nil, 10, 3)
		must(err)
		buffer := make([]byte, 4096)
		for range 100 {
			session.Write(buffer[:1000])
			session.SetReadDeadline(time.Now().Add(2 * time.Second))
			session.Read(buffer)
			time.Sleep(10 * time.Millisecond)
		}
		session.Close()
	}
}
