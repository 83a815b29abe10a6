// What the chat says by itself, in the languages that Warmline's own notices know.

const ENGLISH = {
  title: "Chat with us",
  person: "Talk to a person",
  place: "Your place",
  contact: "How can we reach you? An e-mail address or a phone number.",
  callback: "Call me back",
  called: "Thank you. We will contact you at {contact}.",
  talk: "Conversation",
  hello: "Ask us anything. You can talk to a person at any time.",
  sending: "On its way",
  rate: "How did we do?",
  scale: "1 is bad, 5 is very good.",
  "send-rating": "Send rating",
  thanks: "Thank you for your rating.",
  message: "Your message",
  write: "Write a message",
  send: "Send",
  again: "You can write again at any time, or",
  anew: "start a new conversation",
  assistant: "You are talking to our assistant, an AI.",
  waiting: "Waiting for a person. Keep writing, nothing is lost.",
  operator: "You are talking to a person.",
  ended: "This conversation has ended.",
  you: "You",
  "by-assistant": "Assistant (AI)",
  "by-operator": "Our team",
  sources: "Sources",
  "assistant-writes": "The assistant is writing…",
  "operator-writes": "Our team is writing…",
  lost: "Connection lost. Trying again…",
  offline: "You are offline. Your message is sent as soon as you are back.",
  later: "Your message has not been delivered yet. Trying again…",
  new: "The earlier conversation can no longer be opened. A new one begins here.",
  retry: "Please try again.",
  "on-way": "Sending…",
  sent: "Sent",
  failed: "Not sent: {why}",
  edit: "Put it back to edit",
  wants: "I would like to talk to a person.",
  first: "You are next.",
  number: "You are number {position} in the line.",
  about: "It takes about {wait}.",
  unsure: "We cannot say yet how long it takes.",
  minutes: "{count} minutes",
  minute: "a minute",
  opens: "Nobody is here at the moment. We are back {when}.",
};

const OTHERS = {
  de: {
    title: "Chat mit uns", person: "Mit einem Menschen sprechen", place: "Ihr Platz",
    contact: "Wie erreichen wir Sie? Eine E-Mail-Adresse oder Telefonnummer.", callback: "Rückruf",
    called: "Danke. Wir melden uns unter {contact}.", talk: "Gespräch",
    hello: "Fragen Sie uns. Sie können jederzeit mit einem Menschen sprechen.", sending: "Unterwegs",
    rate: "Wie waren wir?", scale: "1 ist schlecht, 5 ist sehr gut.", "send-rating": "Bewertung senden",
    thanks: "Danke für Ihre Bewertung.", message: "Ihre Nachricht", write: "Nachricht schreiben", send: "Senden",
    again: "Sie können jederzeit weiterschreiben oder", anew: "ein neues Gespräch beginnen",
    assistant: "Sie sprechen mit unserem Assistenten, einer KI.",
    waiting: "Sie warten auf einen Menschen. Schreiben Sie weiter, nichts geht verloren.",
    operator: "Sie sprechen mit einem Menschen.", ended: "Dieses Gespräch ist beendet.", you: "Sie",
    "by-assistant": "Assistent (KI)", "by-operator": "Unser Team", sources: "Quellen",
    "assistant-writes": "Der Assistent schreibt…", "operator-writes": "Unser Team schreibt…",
    lost: "Verbindung unterbrochen. Neuer Versuch…",
    offline: "Sie sind offline. Ihre Nachricht wird gesendet, sobald Sie wieder da sind.",
    later: "Ihre Nachricht ist noch nicht angekommen. Neuer Versuch…",
    new: "Das frühere Gespräch lässt sich nicht mehr öffnen. Hier beginnt ein neues.", retry: "Bitte noch einmal versuchen.",
    "on-way": "Wird gesendet…", sent: "Gesendet", failed: "Nicht gesendet: {why}", edit: "Zurück zum Bearbeiten",
    wants: "Ich möchte mit einem Menschen sprechen.", first: "Sie sind als Nächstes dran.",
    number: "Sie sind Nummer {position} in der Reihe.", about: "Es dauert etwa {wait}.",
    unsure: "Wir können noch nicht sagen, wie lange es dauert.", minutes: "{count} Minuten", minute: "eine Minute",
    opens: "Im Moment ist niemand da. Wir sind {when} zurück.",
  },
  fr: {
    title: "Discutez avec nous", person: "Parler à une personne", place: "Votre place",
    contact: "Comment vous joindre ? Une adresse e-mail ou un numéro de téléphone.", callback: "Me rappeler",
    called: "Merci. Nous vous contacterons : {contact}.", talk: "Conversation",
    hello: "Posez-nous vos questions. Vous pouvez parler à une personne à tout moment.", sending: "En cours d'envoi",
    rate: "Comment nous en sommes-nous sortis ?", scale: "1 est mauvais, 5 est très bien.", "send-rating": "Envoyer la note",
    thanks: "Merci pour votre note.", message: "Votre message", write: "Écrire un message", send: "Envoyer",
    again: "Vous pouvez réécrire à tout moment, ou", anew: "commencer une nouvelle conversation",
    assistant: "Vous parlez à notre assistant, une IA.",
    waiting: "Vous attendez une personne. Continuez d'écrire, rien n'est perdu.",
    operator: "Vous parlez à une personne.", ended: "Cette conversation est terminée.", you: "Vous",
    "by-assistant": "Assistant (IA)", "by-operator": "Notre équipe", sources: "Sources",
    "assistant-writes": "L'assistant écrit…", "operator-writes": "Notre équipe écrit…",
    lost: "Connexion perdue. Nouvel essai…",
    offline: "Vous êtes hors ligne. Votre message partira dès votre retour.",
    later: "Votre message n'est pas encore arrivé. Nouvel essai…",
    new: "La conversation précédente ne peut plus être ouverte. Une nouvelle commence ici.", retry: "Veuillez réessayer.",
    "on-way": "Envoi…", sent: "Envoyé", failed: "Non envoyé : {why}", edit: "Reprendre pour modifier",
    wants: "Je voudrais parler à une personne.", first: "Vous êtes le prochain.",
    number: "Vous êtes numéro {position} dans la file.", about: "Il faut environ {wait}.",
    unsure: "Nous ne pouvons pas encore dire combien de temps il faut.", minutes: "{count} minutes", minute: "une minute",
    opens: "Personne n'est là pour le moment. Nous revenons {when}.",
  },
  es: {
    title: "Hable con nosotros", person: "Hablar con una persona", place: "Su turno",
    contact: "¿Cómo le localizamos? Un correo o un número de teléfono.", callback: "Que me llamen",
    called: "Gracias. Le contactaremos en {contact}.", talk: "Conversación",
    hello: "Pregúntenos lo que quiera. Puede hablar con una persona en cualquier momento.", sending: "En camino",
    rate: "¿Qué tal lo hicimos?", scale: "1 es malo, 5 es muy bueno.", "send-rating": "Enviar valoración",
    thanks: "Gracias por su valoración.", message: "Su mensaje", write: "Escriba un mensaje", send: "Enviar",
    again: "Puede volver a escribir cuando quiera, o", anew: "empezar una conversación nueva",
    assistant: "Está hablando con nuestro asistente, una IA.",
    waiting: "Espera a una persona. Siga escribiendo, no se pierde nada.",
    operator: "Está hablando con una persona.", ended: "Esta conversación ha terminado.", you: "Usted",
    "by-assistant": "Asistente (IA)", "by-operator": "Nuestro equipo", sources: "Fuentes",
    "assistant-writes": "El asistente está escribiendo…", "operator-writes": "Nuestro equipo está escribiendo…",
    lost: "Se perdió la conexión. Reintentando…",
    offline: "No tiene conexión. Su mensaje se enviará en cuanto vuelva.",
    later: "Su mensaje aún no ha llegado. Reintentando…",
    new: "La conversación anterior ya no se puede abrir. Aquí empieza una nueva.", retry: "Inténtelo de nuevo.",
    "on-way": "Enviando…", sent: "Enviado", failed: "No enviado: {why}", edit: "Recuperar para editar",
    wants: "Quiero hablar con una persona.", first: "Usted es el siguiente.",
    number: "Es el número {position} de la fila.", about: "Tarda unos {wait}.",
    unsure: "Todavía no sabemos cuánto tarda.", minutes: "{count} minutos", minute: "un minuto",
    opens: "Ahora no hay nadie. Volvemos {when}.",
  },
};

/** The language of the page: asked for in the address, else the browser's. */
export const language = (new URLSearchParams(location.search).get("language") ?? navigator.language ?? "en").slice(0, 2).toLowerCase();

const words = { ...ENGLISH, ...OTHERS[language] };

/** What the chat says, with what stands in braces filled in. */
export function tongue(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Says everything that stands in the page in its language. */
export function translate() {
  document.documentElement.lang = OTHERS[language] ? language : "en";
  document.title = tongue("title");
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = tongue(element.dataset.say);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", tongue(element.dataset.label));
  for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = tongue(element.dataset.hint);
}

/** About how long something takes. */
export function about(seconds) {
  const count = Math.max(1, Math.round(seconds / 60));
  return count === 1 ? tongue("minute") : tongue("minutes", { count });
}
