// Command healthy runs one of some healthy services of others, or puts one of them under load.
//
//	healthy serve SERVICE ADDRESS PPROF-ADDRESS
//	healthy load SERVICE ADDRESS
//
// Both end when their standard input does.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strconv"
	"time"

	"github.com/alicebob/miniredis/v2"
	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/mccutchen/go-httpbin/v2/httpbin"
	"github.com/miekg/dns"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

const clients = 60

var services = map[string]func(address string){
	"nats": serveNATS, "httpbin": serveHTTPBin, "mqtt": serveMQTT,
	"redis": serveRedis, "grpc": serveGRPC, "dns": serveDNS,
	"etcd": serveEtcd, "nsq": serveNSQ, "centrifuge": serveCentrifuge, "members": serveMembers, "caddy": serveCaddy,
	"s3": serveS3, "ssh": serveSSH, "raft": serveRaft, "badger": serveBadger,
	"quic": serveQUIC, "smtp": serveSMTP, "tasks": serveTasks,
	"fiber": serveFiber, "turn": serveTURN, "proxy": serveProxy,
	"pebble": servePebble, "watermill": serveWatermill, "gocron": serveGocron,
	"gin": serveGin, "redcon": serveRedcon, "socks": serveSocks, "kcp": serveKCP,
}

var loads = map[string]func(address string, client int){
	"nats": loadNATS, "httpbin": loadHTTPBin, "mqtt": loadMQTT,
	"redis": loadRedis, "grpc": loadGRPC, "dns": loadDNS,
	"etcd": loadEtcd, "nsq": loadNSQ, "centrifuge": loadCentrifuge, "members": loadMembers, "caddy": loadCaddy,
	"s3": loadS3, "ssh": loadSSH, "raft": loadRaft, "badger": loadBadger,
	"quic": loadQUIC, "smtp": loadSMTP, "tasks": loadTasks,
	"fiber": loadFiber, "turn": loadTURN, "proxy": loadProxy,
	"pebble": loadWeb, "watermill": loadWeb, "gocron": loadWeb,
	"gin": loadGin, "redcon": loadRedcon, "socks": loadSocks, "kcp": loadKCP,
}

func main() {
	switch os.Args[1] {
	case "serve":
		go services[os.Args[2]](os.Args[3])
		go func() { log.Fatal(http.ListenAndServe(os.Args[4], nil)) }()
	case "load":
		for client := range clients {
			go loads[os.Args[2]](os.Args[3], client)
		}
	}
	io.Copy(io.Discard, os.Stdin)
}

func serveNATS(address string) {
	host, port, _ := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	dir, _ := os.MkdirTemp("", "nats")
	server, err := natsserver.NewServer(&natsserver.Options{Host: host, Port: number, JetStream: true, StoreDir: dir})
	must(err)
	server.Start()
}

func loadNATS(address string, client int) {
	conn, err := nats.Connect("nats://" + address)
	must(err)
	stream, err := conn.JetStream()
	must(err)
	stream.AddStream(&nats.StreamConfig{Name: "WORK", Subjects: []string{"work.>"}, Storage: nats.MemoryStorage})
	_, err = conn.Subscribe(fmt.Sprint("talk.", client%7), func(m *nats.Msg) { m.Respond(m.Data) })
	must(err)
	_, err = stream.Subscribe("work.>", func(m *nats.Msg) { m.Ack() }, nats.ManualAck())
	for {
		conn.Request(fmt.Sprint("talk.", (client+1)%7), make([]byte, 200), time.Second)
		stream.Publish(fmt.Sprint("work.", client), make([]byte, 100))
		time.Sleep(5 * time.Millisecond)
	}
}

func serveHTTPBin(address string) {
	log.Fatal(http.ListenAndServe(address, httpbin.New()))
}

func loadHTTPBin(address string, client int) {
	paths := []string{"/delay/1", "/get", "/drip?duration=1&numbytes=20", "/stream/20", "/bytes/5000", "/sse?count=5&duration=1s"}
	browser := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}}
	for turn := client; ; turn++ {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		request, _ := http.NewRequestWithContext(ctx, "GET", "http://"+address+paths[turn%len(paths)], nil)
		if response, err := browser.Do(request); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		cancel()
	}
}

func serveMQTT(address string) {
	server := mqtt.New(&mqtt.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	must(server.AddHook(new(auth.AllowHook), nil))
	must(server.AddListener(listeners.NewTCP(listeners.Config{ID: "tcp", Address: address})))
	must(server.Serve())
}

func loadMQTT(address string, client int) {
	options := paho.NewClientOptions().AddBroker("tcp://" + address).SetClientID(fmt.Sprint("client-", client))
	c := paho.NewClient(options)
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		log.Fatal(token.Error())
	}
	c.Subscribe("talk/#", 1, func(paho.Client, paho.Message) {})
	for {
		c.Publish(fmt.Sprint("talk/", client%5), 1, false, "hello").Wait()
		time.Sleep(10 * time.Millisecond)
	}
}

func serveRedis(address string) {
	must(miniredis.NewMiniRedis().StartAddr(address))
}

func loadRedis(address string, client int) {
	db := redis.NewClient(&redis.Options{Addr: address})
	ctx := context.Background()
	go func() {
		for range db.Subscribe(ctx, "talk").Channel() {
		}
	}()
	for turn := 0; ; turn++ {
		key := fmt.Sprint("key", turn%50)
		db.Set(ctx, key, client, time.Minute)
		db.Get(ctx, key)
		db.Publish(ctx, "talk", key)
		db.BLPop(ctx, time.Second, "queue")
		db.RPush(ctx, "queue", client)
	}
}

func serveGRPC(address string) {
	listener, err := net.Listen("tcp", address)
	must(err)
	server := grpc.NewServer()
	service := health.NewServer()
	healthpb.RegisterHealthServer(server, service)
	go func() {
		for turn := 0; ; turn++ {
			service.SetServingStatus("a", healthpb.HealthCheckResponse_ServingStatus(1+turn%2))
			time.Sleep(50 * time.Millisecond)
		}
	}()
	must(server.Serve(listener))
}

func loadGRPC(address string, client int) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(err)
	checks := healthpb.NewHealthClient(conn)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		checks.Check(ctx, &healthpb.HealthCheckRequest{})
		if watch, err := checks.Watch(ctx, &healthpb.HealthCheckRequest{Service: "a"}); err == nil {
			for err == nil {
				_, err = watch.Recv()
			}
		}
		cancel()
	}
}

func serveDNS(address string) {
	dns.HandleFunc(".", func(w dns.ResponseWriter, r *dns.Msg) {
		answer := new(dns.Msg)
		answer.SetReply(r)
		w.WriteMsg(answer)
	})
	go func() { must(dns.ListenAndServe(address, "udp", nil)) }()
	must(dns.ListenAndServe(address, "tcp", nil))
}

func loadDNS(address string, client int) {
	question := new(dns.Msg)
	question.SetQuestion("example.com.", dns.TypeA)
	for turn := client; ; turn++ {
		c := &dns.Client{Net: []string{"udp", "tcp"}[turn%2]}
		c.Exchange(question, address)
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
