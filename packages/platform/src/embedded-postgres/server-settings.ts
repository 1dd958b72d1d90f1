/** What the server is told, and why. Sized for two cores that the database shares with Node. */
const defaults: Record<string, string> = {
  // Durable by default: an acknowledged order survives a power cut. Only tests and benches may turn
  // these off.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // After a crash PostgreSQL first makes sure of every file there is, which are thousands: one
  // flush of the whole disk is sooner done, and buyers wait for it.
  ...process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {},
  // The working set of a large sale fits; more would be taken from Node and the page cache.
  shared_buffers: '128MB',
  // The shared buffers and a modest page cache: enough for the planner to prefer indexes.
  effective_cache_size: '512MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  // Ten services with ten connections each, background jobs, and a few for people who look.
  max_connections: '120',
  // Statements are short; compiling them costs more than it saves.
  jit: 'off',
  // A report must not take both cores from a sale.
  max_parallel_workers_per_gather: '0',
  max_worker_processes: '4',
  // Data are in memory or on an SSD: reading at random costs about the same as in order.
  random_page_cost: '1.1',
  // Nothing replicates from here: less log for the same safety, and no processes waiting for
  // replicas.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  // Reads ahead for backups and reports; one process is enough beside two cores.
  io_workers: '1',
  // Batches of orders are large; the automatic 4 MB would be written out in the middle of one.
  wal_buffers: '16MB',
  // Keeps log files for reuse, so that a rush does not wait for new ones to be made; the upper
  // bound limits recovery.
  min_wal_size: '128MB',
  max_wal_size: '1GB',
  // Outbox and stock rows change thousands of times a minute; their dead versions must go as fast.
  autovacuum_naptime: '15s',
  // A query whose client was killed ends within a second, so the next owner finds no stranger's
  // locks. A server on Windows would not start with it.
  ...process.platform === 'win32' ? {} : { client_connection_check_interval: '1s' },
  // The pool has its own shorter limit; this one holds for every other client.
  idle_in_transaction_session_timeout: '60s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Messages are read by our code as well, so they are in English whatever the system speaks.
  lc_messages: 'C',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  // No personal data in logs: neither statements with their values nor the DETAIL that quotes the
  // row.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  cluster_name: 'fermata',
}

export interface Endpoint { transport: 'socket' | 'tcp', sockets: string, port: number }

/**
 * The texts of the server's configuration. Equal texts mean that a running server needs no restart.
 */
export function serverConfig (
  files: { access: string, names: string }, endpoint: Endpoint, native: string,
  settings: Record<string, string>,
): string {
  const network: Record<string, string> = endpoint.transport === 'tcp'
    ? { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(endpoint.port) }
    : {
        listen_addresses: '',
        unix_socket_directories: endpoint.sockets,
        unix_socket_permissions: '0700',
        port: String(endpoint.port),
      }
  const access = { hba_file: files.access, ident_file: files.names }
  const all = { ...defaults, ...network, ...access, ...settings }
  const lines = Object.entries(all).map(([name, value]) => {
    if (!/^[a-z][a-z0-9_.]*$/.test(name)) throw new Error(`"${name}" is not the name of a PostgreSQL setting.`)
    return `${name} = ${quoted(value)}`
  })
  return `# Written by Fermata at each start; changes made here are lost.\n# Programs: ${native}\n${lines.join('\n')}\n`
}

const quoted = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', ' ')}'`

/**
 * Who may connect: as the superuser the account that runs Node and nobody else, or by TCP the one
 * who knows the password; and whoever knows the password of a role, to the databases that let this
 * role in.
 */
export const accessRules = (transport: Endpoint['transport']) => transport === 'tcp'
  ? 'host all fermata 127.0.0.1/32 scram-sha-256\n' +
    'host postgres,template1 all 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 scram-sha-256\n'
  : 'local all fermata peer map=fermata\n' +
    'local postgres,template1 all reject\nlocal all all scram-sha-256\n'

export const accessNames = (osUser: string) => `fermata "${osUser.replaceAll('"', '""')}" fermata\n`
