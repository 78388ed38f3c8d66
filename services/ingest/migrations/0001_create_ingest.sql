-- The feeds to poll: their settings, how they fare, and who polls each just now.
CREATE TABLE sources (
  source_id text PRIMARY KEY,
  name text NOT NULL,
  feed_url text NOT NULL,
  home_url text NOT NULL,
  default_language_code text NOT NULL,
  default_section_id text NOT NULL,
  publish_at_once boolean NOT NULL,
  poll_interval_ms bigint NOT NULL CHECK (poll_interval_ms BETWEEN 1000 AND 86400000),
  paused boolean NOT NULL,
  time_zone text NOT NULL,

  last_poll_time timestamptz,
  next_poll_time timestamptz NOT NULL,
  last_http_status integer NOT NULL DEFAULT 0,
  -- Why the last poll failed; empty when it went well.
  poll_error text NOT NULL DEFAULT '',
  -- What the last document held that was not taken; outlives answers that say "not modified".
  document_report text NOT NULL DEFAULT '',
  consecutive_failures integer NOT NULL DEFAULT 0,
  items_seen bigint NOT NULL DEFAULT 0,
  items_taken bigint NOT NULL DEFAULT 0,
  -- Of the last document that was read whole; sent with the next request.
  etag text NOT NULL DEFAULT '',
  last_modified text NOT NULL DEFAULT '',

  -- A poll was asked for since the running one began: it may have come too late for it.
  poll_now boolean NOT NULL DEFAULT false,
  -- Names one poll. Whoever holds another token must not write.
  lease_token text,
  lease_until timestamptz
);

-- For claiming what is due, and for knowing how long there is nothing to do.
CREATE INDEX sources_due ON sources (next_poll_time) WHERE NOT paused;

-- What came, as it last came.
CREATE TABLE items (
  source_id text NOT NULL REFERENCES sources,
  external_id text NOT NULL,
  -- 1 at first, one more each time the content moved.
  sequence bigint NOT NULL,
  -- SHA-256 of headline, summary, body, authors and categories.
  digest text NOT NULL,
  language_code text NOT NULL,
  headline text NOT NULL,
  summary text NOT NULL,
  body_html text NOT NULL,
  link text NOT NULL,
  credit_name text NOT NULL,
  credit_url text NOT NULL,
  authors text[] NOT NULL,
  categories text[] NOT NULL,
  published_time timestamptz,
  first_taken_time timestamptz NOT NULL,
  -- Of this sequence.
  taken_time timestamptz NOT NULL,
  PRIMARY KEY (source_id, external_id)
);

-- For lists, newest first, of all sources and of one.
CREATE INDEX items_newest ON items (taken_time DESC, source_id DESC, external_id DESC);
CREATE INDEX items_newest_of_source ON items (source_id, taken_time DESC, external_id DESC);
