alter table towpath.checkpoints add column waiting_read text;
