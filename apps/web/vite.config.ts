import { reactRouter } from '@react-router/dev/vite'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [tailwindcss(), reactRouter()],
  // One file with everything in it: React is then the production one whatever NODE_ENV says at run time, starts faster,
  // and a container needs no node_modules for the pages.
  ssr: { noExternal: true },
  build: {
    // Inlined as data: URLs, small images would need a wider content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
})
