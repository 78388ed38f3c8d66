-- Items: known by their link where their ids change, bound to the document they came from, removed by their source.
ALTER TABLE items
  -- Digest of the canonical link; empty without one.
  ADD COLUMN link_key text NOT NULL DEFAULT '',
  -- When the document that this sequence came from was fetched: an older one never overwrites it.
  ADD COLUMN document_time timestamptz,
  ADD COLUMN removed_time timestamptz,
  -- The item left its feed while older ones stayed: how often its page was then found to be gone, and when it is asked next.
  ADD COLUMN gone_checks integer NOT NULL DEFAULT 0,
  ADD COLUMN next_check_time timestamptz;
UPDATE items SET document_time = taken_time;
ALTER TABLE items ALTER COLUMN document_time SET NOT NULL;
CREATE INDEX items_by_link ON items (source_id, link_key) WHERE link_key <> '';

ALTER TABLE sources
  -- 0 ignore, 1 what the feed declares deleted, 2 also what has left the feed and whose page is gone.
  ADD COLUMN removal_rule integer NOT NULL DEFAULT 1,
  ADD COLUMN withdraw_removed boolean NOT NULL DEFAULT false,
  ADD COLUMN keep_documents_days integer NOT NULL DEFAULT 14 CHECK (keep_documents_days BETWEEN 0 AND 366),
  ADD COLUMN max_pushed_per_minute integer NOT NULL DEFAULT 600 CHECK (max_pushed_per_minute BETWEEN 0 AND 100000),
  -- Items that came again under new ids, fading: many of them, and links identify items.
  ADD COLUMN renamed_items bigint NOT NULL DEFAULT 0,
  -- What may still be pushed, as it was at the time; it grows by the minute's share up to a minute's worth.
  ADD COLUMN push_tokens double precision NOT NULL DEFAULT 0,
  ADD COLUMN push_tokens_time timestamptz;
-- Sources without a feed are pushed to only.
DROP INDEX sources_due;
CREATE INDEX sources_due ON sources (next_poll_time) WHERE NOT paused AND feed_url <> '';

-- Documents as they came, for a better parser to read again.
CREATE TABLE documents (
  document_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id text NOT NULL REFERENCES sources ON DELETE CASCADE,
  fetched_time timestamptz NOT NULL,
  url text NOT NULL,
  content_type text NOT NULL,
  digest text NOT NULL,  -- SHA-256 of the body
  size_bytes bigint NOT NULL,
  body bytea NOT NULL    -- zstd
);
ALTER TABLE documents ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX documents_by_time ON documents (fetched_time, document_id);
CREATE INDEX documents_of_source ON documents (source_id, fetched_time, document_id);

-- Answers of pushes by their caller and idempotency key, kept for 7 days.
CREATE TABLE submissions (
  key text PRIMARY KEY,
  request_digest text NOT NULL,
  source_id text NOT NULL,
  external_id text NOT NULL,
  sequence bigint NOT NULL,
  outcome integer NOT NULL,
  created_time timestamptz NOT NULL
);
CREATE INDEX submissions_created ON submissions (created_time);
