'use client'
import { useLocale } from 'next-intl'
import { useEffect, useRef } from 'react'
import { relativeTime, timeText } from '../../lib/times.ts'

const DELAY_MS = 350

/**
 * The page's one tooltip. Any element says what it shows with `data-tip="text"`, or with `data-tip-time={ms}` for a moment (then it is the
 * relative time and UTC). One listener for the page: a table of a thousand times costs nothing for it.
 */
export function Tips() {
  const box = useRef<HTMLDivElement>(null)
  const locale = useLocale()
  useEffect(() => {
    const tip = box.current
    if (tip === null) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let owner: Element | null = null
    const hide = () => {
      clearTimeout(timer)
      owner = null
      if (tip.matches(':popover-open')) tip.hidePopover()
    }
    const show = (target: Element) => {
      const text = textOf(target, locale)
      if (text === '' || !target.isConnected) return
      tip.textContent = text
      tip.showPopover()
      const { left, right, top, bottom } = target.getBoundingClientRect()
      const { width, height } = tip.getBoundingClientRect()
      const x = Math.min(Math.max(8, (left + right - width) / 2), window.innerWidth - width - 8)
      const y = top - height - 6 < 8 ? bottom + 6 : top - height - 6
      tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`
    }
    const enter = (event: Event, delayMs: number) => {
      const target = event.target instanceof Element ? event.target.closest('[data-tip], [data-tip-time]') : null
      if (target === owner) return
      hide()
      if (target === null) return
      owner = target
      timer = setTimeout(show, delayMs, target)
    }
    const over = (event: Event) => enter(event, DELAY_MS)
    const focus = (event: Event) => {
      if (event.target instanceof Element && event.target.matches(':focus-visible')) enter(event, 0)
    }
    const onEscape = (event: KeyboardEvent) => {
      if (event.key === 'Escape') hide()
    }
    document.addEventListener('pointerover', over)
    document.addEventListener('focusin', focus)
    document.addEventListener('focusout', hide)
    document.addEventListener('pointerdown', hide)
    document.addEventListener('keydown', onEscape)
    document.addEventListener('scroll', hide, true)
    return () => {
      hide()
      document.removeEventListener('pointerover', over)
      document.removeEventListener('focusin', focus)
      document.removeEventListener('focusout', hide)
      document.removeEventListener('pointerdown', hide)
      document.removeEventListener('keydown', onEscape)
      document.removeEventListener('scroll', hide, true)
    }
  }, [locale])
  return (
    <div
      ref={box}
      popover="manual"
      role="tooltip"
      className="floating pointer-events-none fixed inset-auto top-0 left-0 m-0 max-w-80 whitespace-pre-line break-words rounded-control px-2 py-1 text-meta"
    />
  )
}

function textOf(target: Element, locale: string): string {
  const at = target.getAttribute('data-tip-time')
  if (at === null) return target.getAttribute('data-tip') ?? ''
  const relative = relativeTime(Number(at), Date.now(), locale)
  return `${relative}\n${timeText(Number(at), 'UTC', 'ms')} UTC\n${at}`
}
