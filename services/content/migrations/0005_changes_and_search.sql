-- Changes that were committed and have no place in the log yet: written with the change, taken away a moment later.
CREATE TABLE change_queue (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  article_id bigint NOT NULL,
  sequence bigint NOT NULL,
  changed_time timestamptz NOT NULL,
  event bytea NOT NULL  -- kimberlite.content.v1.ArticleChanged
);
ALTER TABLE change_queue ALTER COLUMN event SET STORAGE EXTERNAL;

-- Every change in the order in which the log took it. Positions are given under a lock that is held until the commit,
-- so a reader who has seen one has seen all below it.
CREATE SEQUENCE change_positions AS bigint;
CREATE TABLE changes (
  position bigint PRIMARY KEY,
  article_id bigint NOT NULL,
  sequence bigint NOT NULL,
  changed_time timestamptz NOT NULL,
  event bytea NOT NULL
);
ALTER TABLE changes ALTER COLUMN event SET STORAGE EXTERNAL;

-- Up to where the log was cut off.
CREATE TABLE changes_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  kept_after bigint NOT NULL,
  cursor_key bytea NOT NULL  -- secret of the cursors that callers hold
);
INSERT INTO changes_state (kept_after, cursor_key)
  VALUES (0, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

-- What public translations are found by. The words lie out of line, so that a row is small to whoever only orders them.
CREATE TABLE search_entries (
  article_id bigint NOT NULL,
  language_code text NOT NULL,
  sort_key text COLLATE "C" NOT NULL,
  words tsvector NOT NULL,
  PRIMARY KEY (article_id, language_code)
) WITH (toast_tuple_target = 128);
ALTER TABLE search_entries ALTER COLUMN words SET STORAGE EXTERNAL;
CREATE INDEX search_entries_by_word ON search_entries USING gin (words) WITH (gin_pending_list_limit = 1024);

-- Every form of a word that stands in a translation, and about how many translations have it: how much a search may
-- find, and what a beginning may go on as.
CREATE TABLE search_words (
  language_code text NOT NULL,
  form text COLLATE "C" NOT NULL,
  stem text COLLATE "C" NOT NULL,
  documents bigint NOT NULL,
  common boolean NOT NULL,
  PRIMARY KEY (language_code, form)
) WITH (fillfactor = 80);
CREATE INDEX search_words_by_stem ON search_words (language_code, stem);
CREATE INDEX search_words_common ON search_words (language_code, form) WHERE common;

-- How far search has come: in the log of changes, and, while it writes all articles anew, in their ids.
CREATE TABLE search_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  version integer NOT NULL,  -- of the rules by which entries are written
  backfilling boolean NOT NULL,
  backfilled_article_id bigint NOT NULL
);
INSERT INTO search_state (position, version, backfilling, backfilled_article_id) VALUES (0, 0, true, 0);
