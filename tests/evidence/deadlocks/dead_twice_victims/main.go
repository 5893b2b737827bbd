package main

import (
	"net/http"
	"net/http/httptest"
	"sync"

	"example.com/deadlocks/capture"
)

type Sessions struct {
	mu   sync.RWMutex
	open map[string]bool
}

var sessions = &Sessions{open: map[string]bool{}}

func (s *Sessions) Close(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.IsOpen(id) {
		delete(s.open, id)
	}
}

func (s *Sessions) IsOpen(id string) bool {
	s.mu.RLock() //@deadlock
	defer s.mu.RUnlock()
	return s.open[id]
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			sessions.Close(r.URL.Path)
		}
		sessions.IsOpen(r.URL.Path)
	}))
	send := func(method string) {
		request, _ := http.NewRequest(method, server.URL, nil)
		http.DefaultClient.Do(request)
	}
	go send(http.MethodDelete)
	capture.Blocked(1, "sync.RWMutex.RLock")
	for range 20 {
		go send(http.MethodGet)
	}
	capture.Blocked(21, "sync.RWMutex.RLock")
	capture.Write()
}
