// Package drive reports events to a server, from the one worker that the library has for it.
package drive

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/getsentry/sentry-go"
)

var (
	seen        atomic.Int32
	server      = httptest.NewServer(http.HandlerFunc(answer))
	connections = &http.Transport{}
	transport   = sentry.NewHTTPTransport()
)

func answer(w http.ResponseWriter, r *http.Request) {
	seen.Add(1)
	fmt.Fprintln(w, `{"id": "1"}`)
}

func init() {
	dsn := strings.Replace(server.URL, "http://", "http://key@", 1) + "/1"
	transport.Configure(sentry.ClientOptions{Dsn: dsn, HTTPTransport: connections})
	time.Sleep(10 * time.Millisecond)
}

func Run() {
	for i := range 5 {
		transport.SendEvent(&sentry.Event{Message: fmt.Sprint("event ", i), Timestamp: time.Unix(0, 0)})
	}
	fmt.Println(transport.Flush(5*time.Second), seen.Load())
	connections.CloseIdleConnections()
	server.CloseClientConnections()
	time.Sleep(20 * time.Millisecond)
}
