alter table towpath_checkpoints add column waiting_read text;
