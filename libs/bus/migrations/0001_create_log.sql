-- One row per partition of a topic. Publishing takes this row's lock until it commits, so that offsets have no holes
-- and their order is the order of commits. A log made anew begins above every offset of the one it replaces (the
-- clock in microseconds outruns any count of events), so a reader's old place is recognised as gone.
CREATE TABLE partitions (
  topic text NOT NULL,
  partition int NOT NULL,
  next_offset bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

CREATE TABLE log (
  topic text NOT NULL,
  partition int NOT NULL,
  log_offset bigint NOT NULL,
  key text NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  source text NOT NULL,
  event_time timestamptz NOT NULL,
  sequence bigint NOT NULL,
  traceparent text NOT NULL,
  headers text[] NOT NULL,  -- name, value, name, value, …
  payload bytea NOT NULL,
  appended_time timestamptz NOT NULL,  -- not decreasing within a partition
  PRIMARY KEY (topic, partition, log_offset)
);

-- Who takes part in a group. Alive while its heartbeat is young.
CREATE TABLE members (
  group_name text NOT NULL,
  member text NOT NULL,
  topics text[] NOT NULL,
  heartbeat_time timestamptz NOT NULL,
  PRIMARY KEY (group_name, member)
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- How far a group has come in a partition, and which member works on it. Every change of owner raises the epoch; an
-- owner commits with the epoch that it was given, so one that lost the partition unawares cannot move its place.
CREATE TABLE places (
  group_name text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  next_offset bigint NOT NULL,
  owner text,
  epoch bigint NOT NULL,
  PRIMARY KEY (group_name, topic, partition)
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
