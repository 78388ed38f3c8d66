-- Since when its item is gone at its source; NULL: it is there, or the article became of no item.
ALTER TABLE articles ADD COLUMN source_removed_time timestamptz;
