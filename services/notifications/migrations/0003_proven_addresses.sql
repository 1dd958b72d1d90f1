-- Whether the address was proven. Several may have registered with one; it is proven by one alone.
alter table people add column is_proven boolean not null default false;
