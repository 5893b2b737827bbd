module proof

go 1.25

require github.com/hellofresh/health-go/v5 v5.5.5

require (
	go.opentelemetry.io/otel v1.35.0 // indirect
	go.opentelemetry.io/otel/trace v1.35.0 // indirect
)
