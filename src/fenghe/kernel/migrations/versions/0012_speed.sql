-- Judging writes less (研判提速).

-- Whoever writes a batch of subjects says so himself, in the same statement: the trigger kept a copy of every subject's
-- whole history, before and after, only to learn which rows had changed.
drop trigger subject_clock_look on subject;
drop function note_changed_subjects();
comment on table clock_look is '待重算: subjects whose clocks have to be read again, written by the judge engine with the subjects themselves; only ever appended to, so nobody waits for it';
