import type { Route } from './+types/artwork'
import { drawArtwork } from './artwork-drawing.ts'

const max_name_length = 200

/** `/artwork/music/the-name.svg` */
export function loader ({ params }: Route.LoaderArgs) {
  const name = params.file.replace(/\.svg$/, '').slice(0, max_name_length)
  return new Response(drawArtwork(params.category.slice(0, max_name_length), name), {
    headers: {
      'content-type': 'image/svg+xml; charset=utf-8',
      'cache-control': 'public, max-age=86400',
      'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    },
  })
}
