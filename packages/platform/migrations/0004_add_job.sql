-- The way by which a service queues a job: it may not look into the tables of jobs, which the
-- services of a database share, and its tasks begin with its name.
do $do$
begin
  execute format($function$
    create function %1$I.add_job (
      task text, payload json, run_at timestamptz, max_attempts integer, job_key text
    ) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
    begin
      if not starts_with(task, %2$L) then
        raise insufficient_privilege using message = 'no task of this service';
      end if;
      perform graphile_worker.add_job(task, payload := payload, run_at := run_at,
        max_attempts := max_attempts, job_key := job_key);
    end
    $body$ $function$, current_schema(), current_schema() || '.');
end
$do$;
