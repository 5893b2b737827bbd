module example.com/libraries

go 1.26

require (
	github.com/allegro/bigcache v1.1.0
	github.com/asaskevich/EventBus v0.0.0-20200907212545-49d423059eef
	github.com/cenkalti/backoff/v4 v4.3.0
	github.com/cskr/pubsub v1.0.2
	github.com/deckarep/golang-set v1.7.1
	github.com/eapache/channels v1.1.0
	github.com/hashicorp/golang-lru/v2 v2.0.7
	github.com/jellydator/ttlcache/v2 v2.11.1
	github.com/orcaman/concurrent-map v1.0.0
	github.com/panjf2000/ants/v2 v2.7.0
	github.com/peterbourgon/diskv v2.0.1+incompatible
	github.com/robfig/cron/v3 v3.0.1
	gopkg.in/natefinch/lumberjack.v2 v2.0.0
)

require (
	github.com/BurntSushi/toml v1.6.0 // indirect
	github.com/eapache/queue v1.1.0 // indirect
	github.com/google/btree v1.1.3 // indirect
	golang.org/x/sync v0.1.0 // indirect
)
