import { reactRouter } from '@react-router/dev/vite'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'vite'

export default defineConfig(({ command }) => ({
  plugins: [tailwindcss(), reactRouter()],
  // One file with everything in it: it starts faster, and a container needs no node_modules for the
  // pages. React is the production one whatever NODE_ENV says when it runs.
  ssr: { noExternal: true },
  ...(command === 'build' && {
    environments: { ssr: { define: { 'process.env.NODE_ENV': '"production"' } } },
  }),
  build: {
    // Inlined as data: URLs, small images would need a wider content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
}))
