import { sizes, type Size, type SizeName } from './sizes.ts'

/** What one installation decides for itself; everything else follows from the contracts. */
export interface Installation {
  size: SizeName
  /** What people type into the browser, without `https://`. */
  host: string
  image: string
  namespace: string
  /** Where the controller of the Ingress runs, and the class by which it knows its own. */
  ingress: { class_name: string, namespace: string }
  monitoring_namespace: string
  /** Settings of docs/settings.md that are no secrets. */
  settings: Record<string, string>
}

export const exampleInstallation: Omit<Installation, 'size'> = {
  host: 'tickets.example.org',
  image: 'registry.example.org/fermata:0.1.0',
  namespace: 'fermata',
  ingress: { class_name: 'traefik', namespace: 'traefik' },
  monitoring_namespace: 'monitoring',
  settings: {
    MAIL_HOSTNAME: 'smtp.example.org', MAIL_USERNAME: 'fermata',
    MAIL_FROM: 'Town Hall <tickets@example.org>', FERMATA_ADMIN_EMAIL: 'ops@example.org',
  },
}

export const sizeOf = ({ size }: Installation): Size => sizes[size]

/** Names within the cluster. */
export const settings_name = 'fermata-settings'
export const secret_name = 'fermata-secrets'
export const tls_secret_name = 'fermata-tls'
export const inside_name = 'front-door-inside'
export const inside_port = 8081
export const databaseName = (service: string) => `${service}-database`

/** Labels: what a pod is, and whether it is one of the ten that may call each other. */
export const part_label = 'app.kubernetes.io/component'
export const kind_label = 'fermata-kind'
export const labelsOf = (component: string, kind: 'service' | 'pages' | 'front-door') => ({
  'app.kubernetes.io/name': 'fermata', [part_label]: component, [kind_label]: kind,
})
