import { renderInstallation } from '../deploy/kubernetes/render-installation.ts'

/** Prints the manifests of one installation, for `kubectl apply -f -`; docs/operate/deploy.md. */
try {
  process.stdout.write(renderInstallation(process.argv.slice(2)))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
