CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  key text NOT NULL,
  event_id text NOT NULL UNIQUE,
  type text NOT NULL,
  source text NOT NULL,
  event_time timestamptz NOT NULL,
  sequence bigint NOT NULL,
  traceparent text NOT NULL,
  headers text[] NOT NULL,  -- name, value, name, value, …
  payload bytea NOT NULL,
  created_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_time timestamptz
);
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_time IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_time) WHERE sent_time IS NOT NULL;

CREATE TABLE inbox (
  consumer text NOT NULL,
  event_id text NOT NULL,
  seen_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_seen ON inbox (seen_time);
