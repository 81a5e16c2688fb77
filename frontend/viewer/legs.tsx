/** Whose leg was measured: said when one leg was drawn of an image that does not say it, and changed in the list. */
import { type Annotation, kindName, type Side, sideIn } from "../annotate/index.ts";
import { Button, Dialog, Select } from "../design/index.ts";
import { t } from "../locale/index.ts";
import { sideOf } from "./overlaytext.ts";
import type { Reading } from "./reading.ts";

/** Label one leg R or L; "" takes the label away. */
function label(reading: Reading, { id, instance }: Annotation, side: Side): void {
  const study = reading.studyOf(instance);
  const { annotations } = reading.notes.get(study)?.draft ?? { annotations: [] };
  reading.annotate(study, annotations.map((each) => (each.id === id ? { ...each, label: side } : each)), "side");
}

interface SideProps {
  readonly reading: Reading;
  readonly annotation: Annotation;
}

/** The side of one leg, to be changed at any time. */
export function SideSelect({ reading, annotation }: SideProps) {
  const laterality = sideIn(reading.modelNow(annotation.instance)?.laterality ?? "");
  const unsaid = laterality ? t("{side}, as the image says", { side: sideOf(laterality, t) }) : t("Side not said");
  return (
    <Select<Side | "none">
      label={t("Side")}
      hideLabel
      size="small"
      value={sideIn(annotation.label) || "none"}
      choices={[
        { id: "R", label: sideOf("R", t) },
        { id: "L", label: sideOf("L", t) },
        { id: "none", label: unsaid },
      ]}
      onChange={(side) => label(reading, annotation, side === "none" ? "" : side)}
    />
  );
}

/** Ask whose leg it is: varus and valgus hang on it. */
export function SideDialog({ reading, annotation }: SideProps) {
  const close = (): void => {
    reading.sided = null;
    reading.ask("");
  };
  const take = (side: Side) => (): void => {
    label(reading, annotation, side);
    close();
  };
  return (
    <Dialog
      title={t("Which leg is it?")}
      isOpen
      onClose={close}
      closeLabel={t("Close")}
      foot={
        <>
          <Button onPress={close}>{t("Leave it open")}</Button>
          <Button variant="primary" onPress={take("R")} autoFocus>
            {sideOf("R", t)}
          </Button>
          <Button variant="primary" onPress={take("L")}>
            {sideOf("L", t)}
          </Button>
        </>
      }
    >
      <p>{t("{name}: the image does not say which side it shows.", { name: kindName(annotation.kind, t) })}</p>
    </Dialog>
  );
}
