-- Sources that are polled by their own rhythm, move with their servers, spare their hosts, and tell how they fared.
ALTER TABLE sources
  -- The longest time between polls; those that were there before keep their fixed interval.
  ADD COLUMN max_poll_interval_ms bigint,
  ADD COLUMN host text NOT NULL DEFAULT '',  -- host and port as the URL has them, in lower case
  ADD COLUMN rhythm text NOT NULL DEFAULT '',  -- of core/rhythm
  ADD COLUMN ttl_seconds bigint NOT NULL DEFAULT 0,  -- these three as the last document asked
  ADD COLUMN skip_hours bigint NOT NULL DEFAULT 0,
  ADD COLUMN skip_days bigint NOT NULL DEFAULT 0,
  ADD COLUMN moved_to text NOT NULL DEFAULT '',
  ADD COLUMN moved_since_time timestamptz,
  ADD COLUMN moved_polls integer NOT NULL DEFAULT 0,
  ADD COLUMN next_poll_reason text NOT NULL DEFAULT '',
  ADD COLUMN last_success_time timestamptz,
  ADD COLUMN pause_reason text NOT NULL DEFAULT '',  -- set when the service paused it by itself
  ADD COLUMN sequence bigint NOT NULL DEFAULT 0,  -- of the events about the source itself
  ADD COLUMN history_slot integer NOT NULL DEFAULT 0;
UPDATE sources SET max_poll_interval_ms = poll_interval_ms,
  host = lower(coalesce(substring(feed_url FROM '^https?://([^/?#]+)'), ''));
ALTER TABLE sources
  ALTER COLUMN max_poll_interval_ms SET NOT NULL,
  ADD CHECK (max_poll_interval_ms BETWEEN poll_interval_ms AND 604800000);

-- For counting the polls of one host that are under way.
CREATE INDEX sources_leased ON sources (host) WHERE lease_until IS NOT NULL;

-- When a host may be asked next, whichever source and replica asks. A row is locked while a poll is handed out.
CREATE TABLE hosts (
  host text PRIMARY KEY,
  last_request_time timestamptz NOT NULL,
  busy_until timestamptz NOT NULL,  -- as many polls as it may have at once are under way
  spare_until timestamptz NOT NULL  -- it asked for fewer requests (429)
);

-- Stretches of polls that ended alike, the last 50 of each source: slots are used in turn.
CREATE TABLE source_history (
  source_id text NOT NULL REFERENCES sources ON DELETE CASCADE,
  slot integer NOT NULL,
  since_time timestamptz NOT NULL,
  until_time timestamptz NOT NULL,
  polls bigint NOT NULL,
  http_status integer NOT NULL,
  error text NOT NULL,
  items_taken bigint NOT NULL,
  PRIMARY KEY (source_id, slot)
);
