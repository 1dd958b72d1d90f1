interface NoticeProps { look: string, title: string, text: string }

/** What somebody has to know of a page before they use it. */
export function Notice ({ look, title, text }: NoticeProps) {
  return <div className={`notice ${look}`} role="status"><p className="font-bold">{title}</p><p suppressHydrationWarning>{text}</p></div>
}
