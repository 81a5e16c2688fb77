/** The design system: everything a screen is put together from. */
import "./tokens.css";
import "./base.css";
import "./components.css";

export { Badge, type BadgeProps, Modality, type Tone } from "./Badge.tsx";
export {
  Button,
  type ButtonProps,
  IconButton,
  type IconButtonProps,
  ToggleIconButton,
  type Variant,
} from "./Button.tsx";
export { Chip, type ChipProps, MenuChip } from "./Chip.tsx";
export { Dialog, type DialogProps } from "./Dialog.tsx";
export { Checkbox, type Choice, RadioCards, Select, TextField } from "./fields.tsx";
export { Icon, type IconName, Mark } from "./Icon.tsx";
export { Menu, MenuItem, MenuLine, MenuSection } from "./Menu.tsx";
export { EmptyState, ProblemNote, Skeleton, Spinner } from "./states.tsx";
export { Tabs } from "./Tabs.tsx";
export { toast } from "./toasts.ts";
export { Toasts } from "./Toasts.tsx";
export { Toolbar, ToolbarLine } from "./Toolbar.tsx";
