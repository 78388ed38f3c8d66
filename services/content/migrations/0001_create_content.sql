-- The site: one row. `settings` is kimberlite.content.v1.Site as proto JSON, without sources and sequence.
CREATE TABLE site (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sequence bigint NOT NULL,
  settings jsonb NOT NULL
);

-- Every change of the site as it was written. `document` is the settings (kind 'site') or one source (kind 'source').
CREATE TABLE site_revisions (
  sequence bigint PRIMARY KEY,
  kind text NOT NULL,
  document jsonb NOT NULL,
  changed_by text NOT NULL,
  changed_time timestamptz NOT NULL
);

-- The ids that articles may name; labels and slugs stand in site.settings. The foreign key of articles keeps a section
-- that is in use from being removed, whatever runs at the same time.
CREATE TABLE sections (
  section_id text PRIMARY KEY
);

CREATE TABLE sources (
  source_id text PRIMARY KEY,
  name text NOT NULL,
  url text NOT NULL
);

-- The bytes of pictures, up to 4 MiB each. They live in PostgreSQL while pictures are few.
CREATE TABLE media (
  media_id text PRIMARY KEY,
  content_type text NOT NULL,
  width integer NOT NULL CHECK (width > 0),
  height integer NOT NULL CHECK (height > 0),
  data bytea NOT NULL,
  created_time timestamptz NOT NULL
);
-- Compressed already, or small.
ALTER TABLE media ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE SEQUENCE article_ids AS bigint START WITH 1001;

CREATE TABLE articles (
  article_id bigint PRIMARY KEY,
  sequence bigint NOT NULL,
  section_id text NOT NULL REFERENCES sections,
  source_id text REFERENCES sources,
  source_url text NOT NULL,
  original_language_code text NOT NULL,
  picture_media_id text REFERENCES media,
  picture_alt jsonb NOT NULL DEFAULT '{}',
  -- Sequence of the newest suggestion of tags that was taken in; 0: none.
  tagging_sequence bigint NOT NULL DEFAULT 0,
  created_time timestamptz NOT NULL
);
-- For the foreign key's look-up when a section is removed.
CREATE INDEX articles_by_section ON articles (section_id);

CREATE TABLE translations (
  article_id bigint NOT NULL REFERENCES articles,
  language_code text NOT NULL,
  state smallint NOT NULL,  -- numbers of kimberlite.content.v1.TranslationState
  version integer NOT NULL,
  headline text NOT NULL,
  slug text NOT NULL,
  summary text NOT NULL,
  body_html text NOT NULL,
  authors text[] NOT NULL,
  published_time timestamptz,
  updated_time timestamptz NOT NULL,
  -- The words are as an ingested item gave them: a newer item may replace them.
  from_item boolean NOT NULL,
  PRIMARY KEY (article_id, language_code)
);

CREATE TABLE article_tags (
  article_id bigint NOT NULL REFERENCES articles,
  rank integer NOT NULL,
  concept_id bigint NOT NULL,
  origin smallint NOT NULL,  -- numbers of kimberlite.content.v1.TagOrigin
  confidence double precision NOT NULL,
  PRIMARY KEY (article_id, rank),
  UNIQUE (article_id, concept_id)
);

-- What was done and by whom: one row for each sequence of an article, with what does not depend on language as it stood
-- then. Never changed.
CREATE TABLE article_revisions (
  article_id bigint NOT NULL REFERENCES articles,
  sequence bigint NOT NULL,
  verb text NOT NULL,
  note text NOT NULL,
  changed_by text NOT NULL,
  changed_time timestamptz NOT NULL,
  section_id text NOT NULL,
  source_id text,
  source_url text NOT NULL,
  picture_media_id text,
  picture_alt jsonb NOT NULL,
  concept_ids bigint[] NOT NULL,
  PRIMARY KEY (article_id, sequence)
);

-- One row for each version of a translation. Never changed.
CREATE TABLE translation_revisions (
  article_id bigint NOT NULL,
  language_code text NOT NULL,
  version integer NOT NULL,
  sequence bigint NOT NULL,
  state smallint NOT NULL,
  headline text NOT NULL,
  slug text NOT NULL,
  summary text NOT NULL,
  body_html text NOT NULL,
  authors text[] NOT NULL,
  published_time timestamptz,
  updated_time timestamptz NOT NULL,
  PRIMARY KEY (article_id, language_code, version),
  FOREIGN KEY (article_id, sequence) REFERENCES article_revisions
);

-- The read model of every list: a page is one range of the primary key, read backwards.
CREATE TABLE list_entries (
  list_key text COLLATE "C" NOT NULL,
  sort_key text COLLATE "C" NOT NULL,
  article_id bigint NOT NULL,
  language_code text NOT NULL,
  PRIMARY KEY (list_key, sort_key)
);

-- Which article an item of a wire became.
CREATE TABLE items (
  source_id text NOT NULL,
  external_id text NOT NULL,
  -- Sequence of the newest item that was taken in.
  sequence bigint NOT NULL,
  article_id bigint NOT NULL REFERENCES articles,
  language_code text NOT NULL,
  PRIMARY KEY (source_id, external_id)
);

-- Answers of writes that carried an idempotency key, kept for 7 days.
CREATE TABLE idempotency (
  key text PRIMARY KEY,
  request_digest text NOT NULL,
  response bytea,  -- NULL only inside the transaction that makes it
  created_time timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX idempotency_by_time ON idempotency (created_time);
