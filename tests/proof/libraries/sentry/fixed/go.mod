module proof

go 1.25

require github.com/getsentry/sentry-go v0.10.0
