package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/elazarl/goproxy"
	"github.com/gofiber/fiber/v2"
	"github.com/pion/turn/v4"
)

func serveFiber(address string) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	results := make(chan int)
	go func() {
		for turn := 0; ; turn++ {
			results <- turn
		}
	}()
	app.Get("/slow", func(c *fiber.Ctx) error {
		time.Sleep(20 * time.Millisecond)
		return c.SendString(fmt.Sprint(<-results))
	})
	app.Get("/stream", func(c *fiber.Ctx) error {
		reader, writer := io.Pipe()
		go func() {
			for range 10 {
				writer.Write(make([]byte, 1_000))
				time.Sleep(5 * time.Millisecond)
			}
			writer.Close()
		}()
		return c.SendStream(reader)
	})
	must(app.Listen(address))
}

func loadFiber(address string, client int) {
	browser := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}, Timeout: 5 * time.Second}
	for turn := client; ; turn++ {
		if response, err := browser.Get("http://" + address + []string{"/slow", "/stream", "/none"}[turn%3]); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
}

func serveTURN(address string) {
	listener, err := net.ListenPacket("udp4", address)
	must(err)
	stream, err := net.Listen("tcp", address)
	must(err)
	relay := &turn.RelayAddressGeneratorStatic{RelayAddress: net.ParseIP("127.0.0.1"), Address: "127.0.0.1"}
	_, err = turn.NewServer(turn.ServerConfig{
		Realm: "example.com",
		AuthHandler: func(name, realm string, from net.Addr) ([]byte, bool) {
			return turn.GenerateAuthKey(name, realm, "secret"), true
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: listener, RelayAddressGenerator: relay}},
		ListenerConfigs:   []turn.ListenerConfig{{Listener: stream, RelayAddressGenerator: relay}},
	})
	must(err)
}

func loadTURN(address string, client int) {
	for {
		socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
		must(err)
		c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: address, TURNServerAddr: address, Conn: socket, Username: "someone", Password: "secret", Realm: "example.com"})
		must(err)
		must(c.Listen())
		if relayed, err := c.Allocate(); err == nil {
			for range 20 {
				relayed.WriteTo([]byte("hello"), socket.LocalAddr())
				c.SendBindingRequest()
				time.Sleep(50 * time.Millisecond)
			}
			relayed.Close()
		}
		c.Close()
		socket.Close()
	}
}

func serveProxy(address string) {
	log.Fatal(http.ListenAndServe(address, goproxy.NewProxyHttpServer()))
}

func loadProxy(address string, client int) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(10 * time.Millisecond)
		w.Write(make([]byte, 30_000))
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	proxy, _ := url.Parse("http://" + address)
	transport := secure.Client().Transport.(*http.Transport)
	transport.Proxy = http.ProxyURL(proxy)
	browser := &http.Client{Transport: transport, Timeout: 3 * time.Second}
	for turn := client; ; turn++ {
		if response, err := browser.Get([]string{plain.URL, secure.URL}[turn%2]); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		if turn%30 == 0 {
			transport.CloseIdleConnections()
		}
	}
}
