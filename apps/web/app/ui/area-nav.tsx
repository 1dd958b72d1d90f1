import { NavLink } from 'react-router'

interface AreaLink { path: string, text: string, is_exact?: boolean }

/** The pages of one area, side by side; on a phone in lines, so that none is out of sight. */
export function AreaNav ({ label, links }: { label: string, links: AreaLink[] }) {
  return (
    <nav aria-label={label} className="-mx-3">
      <ul className="flex flex-wrap gap-x-1 py-1.5">
        {links.map(({ path, text, is_exact = false }) => (
          <li key={path}><NavLink to={path} end={is_exact} className="nav-link whitespace-nowrap">{text}</NavLink></li>
        ))}
      </ul>
    </nav>
  )
}
