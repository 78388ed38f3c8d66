-- Those who write. Every byline of a translation is one of them.
CREATE TABLE authors (
  author_id text COLLATE "C" PRIMARY KEY,
  sequence bigint NOT NULL,
  names jsonb NOT NULL,  -- language code to printed name
  aliases text[] NOT NULL,
  descriptions jsonb NOT NULL DEFAULT '{}',  -- language code to text
  url text NOT NULL DEFAULT ''
);

-- Which author a byline means: names and aliases in the form under which words are compared (core/author.h).
CREATE TABLE author_spellings (
  spelling text COLLATE "C" PRIMARY KEY,
  author_id text COLLATE "C" NOT NULL REFERENCES authors
);
CREATE INDEX author_spellings_by_author ON author_spellings (author_id);

-- Ids of `authors`, in the same order; shorter than it where kimberlite-content migrate has not yet come by.
ALTER TABLE translations ADD COLUMN author_ids text[] NOT NULL DEFAULT '{}';
-- "yyyy-mm" in the site's time zone of the time of publication, fixed then; '' before.
ALTER TABLE translations ADD COLUMN archive_month text NOT NULL DEFAULT '';

UPDATE translations SET archive_month = to_char(published_time AT TIME ZONE (SELECT settings->>'time_zone' FROM site), 'YYYY-MM')
  WHERE published_time IS NOT NULL;
INSERT INTO list_entries (list_key, sort_key, article_id, language_code)
  SELECT t.language_code || '/archive/' || t.archive_month, e.sort_key, t.article_id, t.language_code
  FROM translations AS t
  JOIN list_entries AS e ON e.list_key = t.language_code AND e.article_id = t.article_id
  WHERE t.state = 2;
INSERT INTO list_pages (list_key, page_number, high_sort_key)
  SELECT list_key, place / 30, sort_key
  FROM (SELECT list_key, sort_key, row_number() OVER (PARTITION BY list_key ORDER BY sort_key) AS place,
               count(*) OVER (PARTITION BY list_key) AS entries
        FROM list_entries WHERE list_key LIKE '%/archive/%') AS e
  WHERE place % 30 = 0 AND place + 10 <= entries;

-- What kimberlite-content migrate has yet to resolve; empty afterwards.
CREATE INDEX translations_unresolved ON translations (article_id) WHERE cardinality(author_ids) < cardinality(authors);
