// Command healthy runs one of three healthy services of others, or puts one of them under load.
//
//	healthy serve nats|httpbin|mqtt ADDRESS PPROF-ADDRESS
//	healthy load nats|httpbin|mqtt ADDRESS
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

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/mccutchen/go-httpbin/v2/httpbin"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const clients = 60

var services = map[string]func(address string){"nats": serveNATS, "httpbin": serveHTTPBin, "mqtt": serveMQTT}

var loads = map[string]func(address string, client int){"nats": loadNATS, "httpbin": loadHTTPBin, "mqtt": loadMQTT}

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

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
