package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/encode/gzip"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/fileserver"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	_ "github.com/caddyserver/caddy/v2/modules/logging"
	"github.com/centrifugal/centrifuge"
	centrifugeclient "github.com/centrifugal/centrifuge-go"
	"github.com/hashicorp/memberlist"
	"github.com/nsqio/go-nsq"
	"github.com/nsqio/nsq/nsqd"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.etcd.io/etcd/server/v3/embed"
)

func serveEtcd(address string) {
	config := embed.NewConfig()
	config.Dir, _ = os.MkdirTemp("", "etcd")
	config.LogLevel = "error"
	client, peer := url.URL{Scheme: "http", Host: address}, url.URL{Scheme: "http", Host: freeAddress()}
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	_, err := embed.StartEtcd(config)
	must(err)
}

func loadEtcd(address string, client int) {
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{"http://" + address}})
	must(err)
	ctx := context.Background()
	session, err := concurrency.NewSession(c, concurrency.WithTTL(5))
	must(err)
	changes := c.Watch(ctx, "key", clientv3.WithPrefix())
	go func() {
		for range changes {
		}
	}()
	for turn := 0; ; turn++ {
		key := fmt.Sprint("key", (client+turn)%50)
		c.Put(ctx, key, "value")
		c.Get(ctx, key)
		mutex := concurrency.NewMutex(session, fmt.Sprint("/lock/", client%10))
		limited, cancel := context.WithTimeout(ctx, time.Second)
		if mutex.Lock(limited) == nil {
			mutex.Unlock(ctx)
		}
		cancel()
	}
}

func serveNSQ(address string) {
	options := nsqd.NewOptions()
	options.TCPAddress, options.HTTPAddress = address, freeAddress()
	options.DataPath, _ = os.MkdirTemp("", "nsq")
	options.Logger = log.New(io.Discard, "", 0)
	daemon, err := nsqd.New(options)
	must(err)
	// Each topic and channel has goroutines of its own for as long as it is there.
	for topic := range 5 {
		for channel := range 7 {
			daemon.GetTopic(fmt.Sprint("topic", topic)).GetChannel(fmt.Sprint("channel", channel))
		}
	}
	must(daemon.Main())
}

func loadNSQ(address string, client int) {
	config := nsq.NewConfig()
	consumer, err := nsq.NewConsumer(fmt.Sprint("topic", client%5), fmt.Sprint("channel", client%7), config)
	must(err)
	consumer.SetLoggerLevel(nsq.LogLevelMax)
	consumer.AddHandler(nsq.HandlerFunc(func(m *nsq.Message) error { time.Sleep(time.Millisecond); return nil }))
	must(consumer.ConnectToNSQD(address))
	producer, err := nsq.NewProducer(address, config)
	must(err)
	producer.SetLoggerLevel(nsq.LogLevelMax)
	for turn := 0; ; turn++ {
		producer.Publish(fmt.Sprint("topic", turn%5), []byte("hello"))
		if turn%20 == 0 {
			producer.DeferredPublish(fmt.Sprint("topic", turn%5), time.Second, []byte("later"))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func serveCentrifuge(address string) {
	node, err := centrifuge.New(centrifuge.Config{})
	must(err)
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "someone"}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			answer(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{EmitPresence: true, EmitJoinLeave: true, PushJoinLeave: true}}, nil)
		})
		client.OnPublish(func(_ centrifuge.PublishEvent, answer centrifuge.PublishCallback) {
			answer(centrifuge.PublishReply{}, nil)
		})
		client.OnRPC(func(event centrifuge.RPCEvent, answer centrifuge.RPCCallback) {
			go func() {
				time.Sleep(20 * time.Millisecond)
				answer(centrifuge.RPCReply{Data: event.Data}, nil)
			}()
		})
	})
	must(node.Run())
	handler := http.NewServeMux()
	handler.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	log.Fatal(http.ListenAndServe(address, handler))
}

func loadCentrifuge(address string, client int) {
	c := centrifugeclient.NewJsonClient("ws://"+address+"/connection/websocket", centrifugeclient.Config{})
	must(c.Connect())
	room, err := c.NewSubscription(fmt.Sprint("room", client%9), centrifugeclient.SubscriptionConfig{})
	must(err)
	must(room.Subscribe())
	ctx := context.Background()
	for {
		room.Publish(ctx, []byte(`{"text":"hello"}`))
		c.RPC(ctx, "echo", []byte(`{}`))
		time.Sleep(20 * time.Millisecond)
	}
}

func member(address string, name string) *memberlist.Memberlist {
	host, port, _ := net.SplitHostPort(address)
	config := memberlist.DefaultLocalConfig()
	config.Name, config.BindAddr, config.LogOutput = name, host, io.Discard
	config.BindPort, _ = strconv.Atoi(port)
	config.AdvertisePort = config.BindPort
	list, err := memberlist.Create(config)
	must(err)
	return list
}

func serveMembers(address string) {
	member(address, "first")
	for number := range 4 {
		_, err := member(freeAddress(), fmt.Sprint("more", number)).Join([]string{address})
		must(err)
	}
}

func loadMembers(address string, client int) {
	for turn := 0; ; turn++ {
		list := member(freeAddress(), fmt.Sprint("guest", client, turn))
		list.Join([]string{address})
		for range 20 {
			list.SendReliable(list.Members()[0], []byte("hello"))
			time.Sleep(100 * time.Millisecond)
		}
		list.Leave(time.Second)
		list.Shutdown()
	}
}

func serveCaddy(address string) {
	folder, _ := os.MkdirTemp("", "caddy")
	must(os.WriteFile(folder+"/page.txt", make([]byte, 50_000), 0o600))
	back := freeAddress()
	route := func(handler map[string]any) []any {
		return []any{map[string]any{"handle": []any{map[string]any{"handler": "encode", "encodings": map[string]any{"gzip": map[string]any{}}}, handler}}}
	}
	config := map[string]any{
		"admin":   map[string]any{"disabled": true},
		"logging": map[string]any{"logs": map[string]any{"default": map[string]any{"writer": map[string]any{"output": "discard"}}}},
		"apps": map[string]any{"http": map[string]any{"servers": map[string]any{
			"files": map[string]any{"listen": []string{back}, "routes": route(map[string]any{"handler": "file_server", "root": folder})},
			"front": map[string]any{"listen": []string{address}, "routes": route(map[string]any{
				"handler": "reverse_proxy", "upstreams": []any{map[string]any{"dial": back}},
				"health_checks": map[string]any{"active": map[string]any{"uri": "/page.txt", "interval": "1s"}},
			})},
		}}},
	}
	text, err := json.Marshal(config)
	must(err)
	must(caddy.Load(text, true))
}

func loadCaddy(address string, client int) {
	browser := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}, Timeout: 3 * time.Second}
	for turn := client; ; turn++ {
		if response, err := browser.Get("http://" + address + []string{"/page.txt", "/missing"}[turn%2]); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer listener.Close()
	return listener.Addr().String()
}
