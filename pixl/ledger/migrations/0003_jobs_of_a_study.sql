-- Finds the live job of a study without reading the whole queue.
CREATE INDEX pixl_live_job_of_study ON procrastinate_jobs ((args ->> 'study_id'))
    WHERE status IN ('todo', 'doing');
