// Package drive posts messages to a webhook.
package drive

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/nlopes/slack"
)

func Run() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "ok")
	}))
	for range 5 {
		fmt.Println(slack.PostWebhook(server.URL, &slack.WebhookMessage{Text: "hello"}))
	}
	server.CloseClientConnections()
	server.Close()
	time.Sleep(20 * time.Millisecond)
}
