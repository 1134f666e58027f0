-- Lanes (车道): workers that judge a backlog side by side keep out of each other's way.

alter table message_handling add column lane smallint not null default -1;
comment on column message_handling.lane is '车道: messages about one thing have one lane, -1 when nobody said what it is about; a hint for who judges it, never more';
