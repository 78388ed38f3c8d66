-- Where public addresses of the past lead: exactly one target.
CREATE TABLE redirects (
  path text COLLATE "C" PRIMARY KEY,  -- in the form of core/redirect.h
  article_id bigint,
  section_id text,
  concept_id bigint,
  target_path text,
  gone boolean NOT NULL DEFAULT false,
  language_code text NOT NULL,
  created_time timestamptz NOT NULL,
  CHECK (num_nonnulls(article_id, section_id, concept_id, target_path) + gone::integer = 1)
);

-- Which article an imported one became: an import may be repeated from its beginning.
CREATE TABLE imports (
  import_key text COLLATE "C" PRIMARY KEY,
  article_id bigint NOT NULL REFERENCES articles
);
