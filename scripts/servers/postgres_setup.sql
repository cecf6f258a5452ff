-- Prepares a server once: a database that is the warehouse's alone, the role that builds it and the
-- role that reads it. It can be run again. An administrator runs
--
--     psql -d postgres -f scripts/servers/postgres_setup.sql
--     psql -d postgres -f scripts/servers/postgres_setup.sql -v database=<another name>
\set ON_ERROR_STOP on
\if :{?database}
\else
    \set database warehouse
\endif

select 'create role warehouse_builder login'
where not exists (select from pg_roles where rolname = 'warehouse_builder') \gexec

-- A group: each person and each tool has a login of its own that is a member of it.
select 'create role warehouse_reader nologin'
where not exists (select from pg_roles where rolname = 'warehouse_reader') \gexec

-- Sorted by code point, as DuckDB sorts, whatever the language of the server.
select format(
    'create database %I template template0 encoding ''UTF8'' lc_collate ''C'' %s',
    :'database',
    case when :SERVER_VERSION_NUM >= 150000 then 'locale_provider libc' end
)
where not exists (select from pg_database where datname = :'database') \gexec

revoke all on database :"database" from public;
grant connect, create, temporary on database :"database" to warehouse_builder;
grant connect on database :"database" to warehouse_reader;

-- Readers have no right to write in the first place; this tells their tools so.
alter database :"database" set default_transaction_read_only = on;
alter role warehouse_builder in database :"database" set default_transaction_read_only = off;

\connect :"database"
set default_transaction_read_only = off;

revoke create on schema public from public;
-- Large objects are the one thing that PostgreSQL lets every role make.
revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;

create schema if not exists warehouse_build authorization warehouse_builder;
