"""Users and grants, many at once: the integrations must have the ids from 1 on."""

STATEMENTS = [
    """INSERT INTO accounts_user (username, first_name, last_name, email, password, is_superuser,
         is_staff, is_active, date_joined)
       SELECT 'user' || n, 'First', 'Last', 'user' || n || '@portal.example', '', false, false,
         true, now() FROM generate_series(1, %(users)s) n""",
    """INSERT INTO integrations_grant (user_id, app_id, hostname, status, access_token,
         refresh_token, access_token_expires_at, refresh_token_expires_at, scope, person_id,
         person_email, person_name, org_id, org_name, granted_at, refreshed_at, refresh_due_at,
         version, failure_count, failing_since, last_error, last_tracking_id)
       SELECT u.id, a.n, 'portal-' || g.n %% 390 || '.example.com', s.status,
         CASE WHEN s.status <> 'DISCONNECTED' THEN repeat('g', 292) END,
         CASE WHEN s.status <> 'DISCONNECTED' THEN repeat('g', 292) END,
         now() + interval '10 days', now() + random() * interval '90 days',
         repeat('spark:people_read ', 9), 'P' || g.n, 'person' || g.n || '@acme.example',
         'Person ' || g.n, 'O1', 'Acme', now(), now() - random() * interval '7 days',
         now() + random() * interval '7 days', 1, 0,
         CASE WHEN g.n %% 500 = 1 AND s.status = 'ACTIVE' THEN now() END, '', ''
       FROM generate_series(0, %(grants)s - 1) AS g(n)
       CROSS JOIN LATERAL (SELECT 1 + g.n / %(users)s AS n) a
       JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM accounts_user
             WHERE username LIKE 'user%%') u ON u.n = 1 + g.n %% %(users)s
       CROSS JOIN LATERAL (SELECT CASE WHEN g.n %% 100 < 2 THEN 'CONSENT_LOST'
         WHEN g.n %% 100 < 10 THEN 'DISCONNECTED' ELSE 'ACTIVE' END AS status) s""",
]
