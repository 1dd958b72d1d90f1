import { index, route, type RouteConfig } from '@react-router/dev/routes'

export default [
  index('shop/home.tsx'),
  route('*', 'shop/not-found.tsx'),
] satisfies RouteConfig
