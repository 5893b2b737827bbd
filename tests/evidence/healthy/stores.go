package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/ristretto/v2/z"
	"github.com/gliderlabs/ssh"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	gossh "golang.org/x/crypto/ssh"
)

func serveS3(address string) {
	backend := s3mem.New()
	must(backend.CreateBucket("bucket"))
	log.Fatal(http.ListenAndServe(address, gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()))
}

func loadS3(address string, client int) {
	browser := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}, Timeout: 5 * time.Second}
	for turn := 0; ; turn++ {
		object := fmt.Sprintf("http://%s/bucket/object%d", address, (client+turn)%20)
		put, _ := http.NewRequest("PUT", object, bytes.NewReader(make([]byte, 100_000)))
		for _, request := range []*http.Request{put, get(object), get("http://" + address + "/bucket?list-type=2")} {
			if response, err := browser.Do(request); err == nil {
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		}
	}
}

func get(url string) *http.Request {
	request, _ := http.NewRequest("GET", url, nil)
	return request
}

func serveSSH(address string) {
	server := &ssh.Server{Addr: address, Handler: func(session ssh.Session) {
		io.Copy(session, session)
	}}
	forward := &ssh.ForwardedTCPHandler{}
	server.LocalPortForwardingCallback = func(ssh.Context, string, uint32) bool { return true }
	server.ReversePortForwardingCallback = func(ssh.Context, string, uint32) bool { return true }
	server.RequestHandlers = map[string]ssh.RequestHandler{"tcpip-forward": forward.HandleSSHRequest, "cancel-tcpip-forward": forward.HandleSSHRequest}
	server.ChannelHandlers = map[string]ssh.ChannelHandler{"session": ssh.DefaultSessionHandler, "direct-tcpip": ssh.DirectTCPIPHandler}
	log.Fatal(server.ListenAndServe())
}

func loadSSH(address string, client int) {
	config := &gossh.ClientConfig{User: "someone", HostKeyCallback: gossh.InsecureIgnoreHostKey()}
	for {
		c, err := gossh.Dial("tcp", address, config)
		if err != nil {
			continue
		}
		listener, _ := c.Listen("tcp", "127.0.0.1:0")
		for range 5 + client%5 {
			if session, err := c.NewSession(); err == nil {
				session.Stdin = bytes.NewReader(make([]byte, 20_000))
				session.Stdout = io.Discard
				session.Shell()
				session.Wait()
				session.Close()
			}
			time.Sleep(100 * time.Millisecond)
		}
		if listener != nil {
			listener.Close()
		}
		c.Close()
	}
}

type machine struct{ applied int }

func (m *machine) Apply(entry *raft.Log) any            { m.applied++; return m.applied }
func (m *machine) Snapshot() (raft.FSMSnapshot, error)  { return m, nil }
func (m *machine) Restore(state io.ReadCloser) error    { return state.Close() }
func (m *machine) Persist(sink raft.SnapshotSink) error { return sink.Close() }
func (m *machine) Release()                             {}

func serveRaft(address string) {
	var servers []raft.Server
	var transports []*raft.NetworkTransport
	for number := range 3 {
		transport, err := raft.NewTCPTransport(freeAddress(), nil, 3, time.Second, io.Discard)
		must(err)
		transports = append(transports, transport)
		servers = append(servers, raft.Server{ID: raft.ServerID(fmt.Sprint(number)), Address: transport.LocalAddr()})
	}
	var nodes []*raft.Raft
	for number := range 3 {
		config := raft.DefaultConfig()
		config.LocalID, config.Logger = servers[number].ID, hclog.NewNullLogger()
		config.SnapshotThreshold, config.SnapshotInterval = 500, 2*time.Second
		store := raft.NewInmemStore()
		node, err := raft.NewRaft(config, new(machine), store, store, raft.NewDiscardSnapshotStore(), transports[number])
		must(err)
		nodes = append(nodes, node)
	}
	must(nodes[0].BootstrapCluster(raft.Configuration{Servers: servers}).Error())
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, node := range nodes {
			if node.State() == raft.Leader {
				if r.URL.Path == "/barrier" {
					node.Barrier(time.Second).Error()
				} else {
					node.Apply([]byte(r.URL.Path), time.Second).Error()
				}
			}
		}
	})))
}

func loadRaft(address string, client int) {
	browser := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}, Timeout: 5 * time.Second}
	for turn := client; ; turn++ {
		if response, err := browser.Get("http://" + address + []string{"/barrier", "/a", "/b"}[turn%3]); err == nil {
			response.Body.Close()
		}
	}
}

func serveBadger(address string) {
	folder, _ := os.MkdirTemp("", "badger")
	db, err := badger.Open(badger.DefaultOptions(folder).WithLogger(nil).WithMemTableSize(1 << 20).WithValueThreshold(100))
	must(err)
	go func() {
		for range time.Tick(time.Second) {
			db.RunValueLogGC(0.5)
		}
	}()
	go db.Subscribe(context.Background(), func(*badger.KVList) error { return nil }, nil)
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := []byte(r.URL.Path)
		if r.Method == "PUT" {
			value, _ := io.ReadAll(r.Body)
			db.Update(func(t *badger.Txn) error { return t.SetEntry(badger.NewEntry(key, value).WithTTL(5 * time.Second)) })
			return
		}
		if r.URL.Path == "/all" {
			stream := db.NewStream()
			stream.Send = func(*z.Buffer) error { return nil }
			stream.Orchestrate(r.Context())
			return
		}
		db.View(func(t *badger.Txn) error {
			item, err := t.Get(key)
			if err != nil {
				return err
			}
			return item.Value(func(value []byte) error { _, err := w.Write(value); return err })
		})
	})))
}

func loadBadger(address string, client int) {
	browser := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}, Timeout: 5 * time.Second}
	for turn := 0; ; turn++ {
		object := fmt.Sprintf("http://%s/key%d", address, (client*7+turn)%500)
		put, _ := http.NewRequest("PUT", object, bytes.NewReader(make([]byte, 2_000)))
		requests := []*http.Request{put, get(object)}
		if turn%50 == 0 {
			requests = append(requests, get("http://"+address+"/all"))
		}
		for _, request := range requests {
			if response, err := browser.Do(request); err == nil {
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		}
	}
}
