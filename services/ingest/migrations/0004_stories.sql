-- Items that tell the same story: which cluster each belongs to, and why.
CREATE SEQUENCE cluster_ids;
CREATE TABLE cluster_members (
  source_id text NOT NULL,
  external_id text NOT NULL,
  cluster_id bigint NOT NULL,
  -- 0 the first of its cluster; 1 republished, 2 reworded, 3 the same story in another language.
  relation integer NOT NULL,
  score double precision NOT NULL,
  why text NOT NULL,  -- a clause for people
  related_source_id text NOT NULL,  -- the item that it was matched with; empty for the first
  related_external_id text NOT NULL,
  added_time timestamptz NOT NULL,
  PRIMARY KEY (source_id, external_id)
);
CREATE INDEX cluster_members_of ON cluster_members (cluster_id, added_time);

-- Which process wrote the item, so that the others can add it to what they know.
ALTER TABLE items ADD COLUMN taken_by text NOT NULL DEFAULT '';
