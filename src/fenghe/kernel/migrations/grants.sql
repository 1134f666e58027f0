-- What the application's role may do; run after every migration so that a new table is never left open by accident.
revoke all on all tables in schema public from fenghe_app;
grant usage on schema public to fenghe_app;
grant usage on all sequences in schema public to fenghe_app;
grant select, insert on all tables in schema public to fenghe_app;
grant update on source, message_handling, refused_delivery, subject, observation, work_case, declaration_draft, outbox,
    customer_order, shipment, person, web_session, api_token, saved_view, pulse to fenghe_app;
grant update on calendar_job to fenghe_app;
grant update on order_book, payment, refund, statement_file to fenghe_app;
grant update on accounting_period, ledger_balance, ledger_posting, ledger_cursor to fenghe_app;
grant update on recon_mark, recon_break, recon_ruling to fenghe_app;
grant update on case_watch, case_escalation, notice_robot, robot_pace, notice_preference, notice_setting to fenghe_app;
grant update (routed_at) on notice to fenghe_app;
grant update (delivery_id, told_at) on notice_item to fenghe_app;
grant update (status, due_at, attempts, under_way, unsure, sent_at, answer, again_by) on notice_delivery to fenghe_app;
grant update (read_at) on notice_mail to fenghe_app;
grant update (unnoticed) on case_entry to fenghe_app;
grant delete on declaration_draft, web_session, saved_view to fenghe_app;
grant update on callback_audit to fenghe_app;
grant delete on callback_audit, callback_upload, callback_target, callback_finding to fenghe_app;
grant delete on period_wish to fenghe_app;
grant update on compensation, compensation_look to fenghe_app;
grant update on order_book, payment, refund, statement_file, pay_order to fenghe_app;
grant update on recon_mark, recon_break, recon_ruling to fenghe_app;
grant delete on declaration_draft, web_session, saved_view to fenghe_app;
grant update on statement_upload to fenghe_app;
grant delete on statement_upload_part to fenghe_app;
revoke insert on alembic_version from fenghe_app;
