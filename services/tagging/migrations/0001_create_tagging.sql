CREATE TABLE concepts (
  concept_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL UNIQUE,
  kind smallint NOT NULL,  -- numbers of kimberlite.tagging.v1.ConceptKind
  sequence bigint NOT NULL -- 0 only inside the transaction that creates it
);

-- Every slug that a concept has or had: old ones keep resolving, and nobody else may take them.
CREATE TABLE slugs (
  language_code text NOT NULL,
  slug text NOT NULL,
  concept_id bigint NOT NULL REFERENCES concepts,
  PRIMARY KEY (language_code, slug)
);

CREATE TABLE labels (
  concept_id bigint NOT NULL REFERENCES concepts,
  language_code text NOT NULL,
  ordinal integer NOT NULL,  -- place in the concept's list
  text text NOT NULL,
  slug text NOT NULL,
  PRIMARY KEY (concept_id, language_code),
  FOREIGN KEY (language_code, slug) REFERENCES slugs
);

-- Other words that mean the concept, as they were typed. How they are folded to be found is the matcher's affair.
CREATE TABLE forms (
  concept_id bigint NOT NULL,
  language_code text NOT NULL,
  ordinal integer NOT NULL,
  form text NOT NULL,
  PRIMARY KEY (concept_id, language_code, ordinal),
  FOREIGN KEY (concept_id, language_code) REFERENCES labels ON DELETE CASCADE
);

-- What was found in each article, as last read.
CREATE TABLE suggestions (
  article_id bigint PRIMARY KEY,
  sequence bigint NOT NULL,          -- of the newest event; 0: none was sent yet
  article_sequence bigint NOT NULL,  -- the article's sequence that was read
  text_digest text NOT NULL,         -- SHA-256 of the words that were read: what the evidence's spans point into
  suggestions bytea NOT NULL         -- kimberlite.tagging.v1.ExplainTagsResponse
);
