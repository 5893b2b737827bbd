module proof

go 1.25

require github.com/nlopes/slack v0.5.0

require (
	github.com/gorilla/websocket v1.5.3 // indirect
	github.com/lusis/slack-test v0.0.0-20190426140909-c40012f20018 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
)
