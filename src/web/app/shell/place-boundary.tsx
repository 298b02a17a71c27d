import { Button } from '@mantine/core'
import { TriangleAlert } from 'lucide-react'
import { Component, type ReactNode } from 'react'
import { strings } from '../strings.js'
import { EmptyState } from './empty-state.js'

const words = strings.shell.placeFailed

interface PlaceBoundaryProps {
  /** Another place gets another chance. */
  readonly place: string
  readonly children: ReactNode
}

/** Keeps a fault of one place from taking the page with it. */
export class PlaceBoundary extends Component<PlaceBoundaryProps, { readonly failedPlace: string | undefined }> {
  override readonly state = { failedPlace: undefined }

  static getDerivedStateFromError(): { readonly failedPlace: string } {
    return { failedPlace: '' }
  }

  override componentDidUpdate(before: PlaceBoundaryProps): void {
    if (this.state.failedPlace !== undefined && before.place !== this.props.place) this.setState({ failedPlace: undefined })
  }

  override render(): ReactNode {
    if (this.state.failedPlace === undefined) return this.props.children
    return (
      <EmptyState icon={TriangleAlert} title={words.title} text={words.next}>
        <Button onClick={() => location.reload()}>{words.button}</Button>
      </EmptyState>
    )
  }
}
