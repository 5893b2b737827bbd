package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/smtp"
	"time"

	"github.com/alicebob/miniredis/v2"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/hibiken/asynq"
	"github.com/quic-go/quic-go/http3"
)

func serveQUIC(address string) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	must(err)
	config := http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}})
	server := &http3.Server{Addr: address, TLSConfig: config, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(w, r.Body)
		select {
		case <-time.After(50 * time.Millisecond):
		case <-r.Context().Done():
		}
		w.Write(make([]byte, 20_000))
	})}
	// The harness waits for an answer over TCP.
	go func() { log.Fatal(http.ListenAndServe(address, nil)) }()
	must(server.ListenAndServe())
}

func loadQUIC(address string, client int) {
	for {
		transport := &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		browser := &http.Client{Transport: transport, Timeout: 3 * time.Second}
		for range 20 {
			if response, err := browser.Get("https://" + address + "/"); err == nil {
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		}
		transport.Close()
	}
}

type mailbox struct{}

func (mailbox) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return mailbox{}, nil }
func (mailbox) Mail(string, *gosmtp.MailOptions) error          { return nil }
func (mailbox) Rcpt(string, *gosmtp.RcptOptions) error          { return nil }
func (mailbox) Reset()                                          {}
func (mailbox) Logout() error                                   { return nil }
func (mailbox) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	time.Sleep(10 * time.Millisecond)
	return err
}

func serveSMTP(address string) {
	server := gosmtp.NewServer(mailbox{})
	server.Addr, server.Domain, server.AllowInsecureAuth = address, "localhost", true
	must(server.ListenAndServe())
}

func loadSMTP(address string, client int) {
	for {
		c, err := smtp.Dial(address)
		if err != nil {
			continue
		}
		for range 10 {
			c.Mail("a@example.com")
			c.Rcpt("b@example.com")
			if w, err := c.Data(); err == nil {
				w.Write(make([]byte, 10_000))
				w.Close()
			}
		}
		c.Quit()
	}
}

func serveTasks(address string) {
	must(miniredis.NewMiniRedis().StartAddr(address))
	server := asynq.NewServer(asynq.RedisClientOpt{Addr: address}, asynq.Config{Concurrency: 20, LogLevel: asynq.FatalLevel, TaskCheckInterval: 20 * time.Millisecond})
	must(server.Run(asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		time.Sleep(20 * time.Millisecond)
		if len(task.Payload())%5 == 0 {
			return fmt.Errorf("again")
		}
		return nil
	})))
}

func loadTasks(address string, client int) {
	queue := asynq.NewClient(asynq.RedisClientOpt{Addr: address})
	for turn := client; ; turn++ {
		queue.Enqueue(asynq.NewTask("work", make([]byte, turn%20)), asynq.ProcessIn(time.Duration(turn%3)*time.Second), asynq.MaxRetry(2))
		time.Sleep(50 * time.Millisecond)
	}
}
