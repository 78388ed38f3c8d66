ALTER TABLE articles
  ADD COLUMN embargo_time timestamptz,
  ADD COLUMN struck_concept_ids bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN picture_captions jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN picture_credit text NOT NULL DEFAULT '',
  -- Paragraphs that its translations are behind, all together, and since when the last of them is.
  ADD COLUMN behind integer NOT NULL DEFAULT 0,
  ADD COLUMN behind_since timestamptz;
CREATE INDEX articles_behind ON articles (behind DESC, behind_since DESC, article_id DESC) WHERE behind > 0;

ALTER TABLE translations
  ADD COLUMN scheduled_time timestamptz,
  ADD COLUMN corrections jsonb NOT NULL DEFAULT '[]',  -- [[microseconds since 1970, note], …], oldest first
  -- id, hash, id, hash, … of the blocks of body_html; NULL where nothing was written since there are paragraphs.
  ADD COLUMN paragraphs bigint[],
  -- The same of the original's paragraphs as this translation has followed them; NULL likewise: as they stand.
  ADD COLUMN followed bigint[],
  ADD COLUMN behind integer NOT NULL DEFAULT 0,
  ADD COLUMN behind_since timestamptz;
-- What the schedule looks for.
CREATE INDEX translations_scheduled ON translations (scheduled_time) WHERE state = 5;
CREATE INDEX translations_behind ON translations (language_code, behind DESC, behind_since DESC, article_id DESC)
  WHERE behind > 0;

ALTER TABLE article_revisions
  ADD COLUMN embargo_time timestamptz,
  ADD COLUMN struck_concept_ids bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN picture_captions jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN picture_credit text NOT NULL DEFAULT '',
  -- Of concept_ids, in order; shorter where it was written before these were kept.
  ADD COLUMN tag_origins bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN tag_confidences text[] NOT NULL DEFAULT '{}';
ALTER TABLE translation_revisions
  ADD COLUMN scheduled_time timestamptz,
  ADD COLUMN corrections jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN author_ids text[] NOT NULL DEFAULT '{}';

ALTER TABLE sources
  ADD COLUMN rights text NOT NULL DEFAULT '',
  ADD COLUMN rights_expire_time timestamptz,
  ADD COLUMN withdraw_on_expiry boolean NOT NULL DEFAULT false;
