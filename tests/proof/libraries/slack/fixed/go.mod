module proof

go 1.25

require github.com/slack-go/slack v0.6.3

require (
	github.com/gorilla/websocket v1.2.0 // indirect
	github.com/pkg/errors v0.8.0 // indirect
)
